"""The embedded stack: a real Kafka, a real PostgreSQL and every process of Oncordia on one machine, without root."""
