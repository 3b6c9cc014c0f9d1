"""Load and faults together: many readers while the model fails, the store goes away and cards come in."""
