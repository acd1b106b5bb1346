"""What bench_surface.py measures."""
