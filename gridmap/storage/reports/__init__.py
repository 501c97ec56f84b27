"""The register of reports in the database."""
