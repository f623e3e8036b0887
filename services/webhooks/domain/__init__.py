"""The rules of webhooks: signatures, what providers say, when to try again. Pure: values in, values out."""
