"""neurojax: neuroevolution and gradient descent on one ask/tell loop, in JAX."""
