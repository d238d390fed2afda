"""The same tiles put together by ours and by the programs that are known for it, on fields whose truth is known."""
