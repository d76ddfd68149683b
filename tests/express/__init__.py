"""`config/express.yaml` with everything around it simulated: ``python -m tests.express --port 8080 --data var/express``."""
