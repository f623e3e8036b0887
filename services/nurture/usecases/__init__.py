"""What people and events do with nurture, one file each: `(session, …, now) → result`. None of them commits."""
