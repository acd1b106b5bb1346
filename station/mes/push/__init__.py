"""What the station says unasked: webhooks and MQTT. Both follow the record; none of it can hold up the cell."""
