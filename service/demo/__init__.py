"""The story told by `yinzheng demo`: invented people, real papers, the service over HTTP."""
