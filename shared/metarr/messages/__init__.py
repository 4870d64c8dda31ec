"""What is said between services: jobs, facts and requests, msgspec Structs only."""
