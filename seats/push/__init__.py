"""The browser's push: notifications for seats whose desk is closed."""
