"""Mail: the row, the letter, the bytes, the sending. The same for every service that sends."""
