"""Old rows dropped, their figures kept, their room given back."""
