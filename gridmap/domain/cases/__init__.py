"""Cases: actions, the table of lawful steps, the state that follows from steps, numbers, lists and limits."""
