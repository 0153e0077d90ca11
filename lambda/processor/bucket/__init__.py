"""The bucket: its keys, its notifications, the requests to it, and the manifest."""
