"""One module a backend; each turns a Policy and a Program into a Session."""
