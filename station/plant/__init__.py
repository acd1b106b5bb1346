"""Many stations, one record: each station's chain goes through NATS JetStream into PostgreSQL at the plant."""
