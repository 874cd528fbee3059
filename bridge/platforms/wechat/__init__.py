"""WeChat Official Accounts: everything the product knows about them."""
