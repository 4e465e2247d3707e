"""Pictures: made anew from what people upload, and kept where the installation chooses."""
