"""The Wave-U-Net baseline at render time: valid convolutions in segments."""
