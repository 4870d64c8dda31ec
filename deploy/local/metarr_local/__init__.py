"""Metarr on one machine without containers: servers, services and the person's command."""
