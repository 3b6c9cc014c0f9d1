"""What runs in processes of its own: one module for each thing that is measured."""
