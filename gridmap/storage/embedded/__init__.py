"""A private PostgreSQL with PostGIS that the program makes, starts, shares and stops by itself."""

from gridmap.storage.embedded.cluster import ClusterStatus, EmbeddedCluster
from gridmap.storage.embedded.config import APP_ROLE, OWNER_ROLE
from gridmap.storage.embedded.layout import Step

__all__ = ["APP_ROLE", "OWNER_ROLE", "ClusterStatus", "EmbeddedCluster", "Step"]
