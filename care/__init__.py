"""What is done for one reader: his complaints. Tips, settings over the air, the guided check and the case library join later."""
