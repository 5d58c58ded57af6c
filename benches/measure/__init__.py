"""What `benches/ratio` is made of. Python's standard library only."""
