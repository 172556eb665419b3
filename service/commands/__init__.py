"""What each command of `yinzheng` does; the arguments are described in service.__main__."""
