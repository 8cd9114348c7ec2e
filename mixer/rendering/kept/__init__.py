"""Material of a mix that is kept on disk between renders, by a hash of what it was made from."""
