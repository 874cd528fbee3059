"""Deployment: what stands in `deploy/`, the image and `compose.yaml`."""
