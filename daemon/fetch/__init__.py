"""The edge inwards: a Request goes out, a Response or a FetchError comes back."""
