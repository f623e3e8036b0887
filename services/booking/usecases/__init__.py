"""What people do with booking, one file each: `(session, …, now) → result`. None of them commits."""
