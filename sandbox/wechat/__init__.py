"""The sandbox's WeChat: the calls of api.weixin.qq.com that a customer-service product makes, with their limits and codes."""
