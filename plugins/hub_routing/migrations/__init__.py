"""How the workbench's tables came to be."""
