"""The live router: what happens in the hub becomes events of the engine, what it decides is stored in the customers' lanes."""
