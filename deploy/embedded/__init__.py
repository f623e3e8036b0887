"""Firstcall on one machine: PostgreSQL and Valkey from their wheels, and every process watched by one launcher.

The modules from the ground up: `who` (as whom a program runs), `children` (one started program), `ports`,
`postgres` and `valkey`, `folder` (the data folder, its lock and secrets), `supervisor` (order, restarts, the end).
Nothing of the product is imported here; `deploy.up` says which programs there are.
"""
