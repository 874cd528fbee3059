"""What operators see: the exchange log, troubles, alarms, liveness."""
