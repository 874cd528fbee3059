"""The chatbots: one file, one class each, found through settings.CHATBOTS."""
