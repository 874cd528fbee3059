"""The REST API of seats and supervisors: what they can do by command on IM, they can do here."""
