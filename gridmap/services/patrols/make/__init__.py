"""Plans made and changed: one shift, several nights, emergencies."""
