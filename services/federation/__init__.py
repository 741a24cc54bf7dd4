"""Providers, enrolment, certificates, and the border: node sessions and task delivery."""
