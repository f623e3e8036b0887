"""What providers, events and the operator do with webhooks, one file each. None of them commits."""
