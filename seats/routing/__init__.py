"""Which seat serves which customer, and who waits."""
