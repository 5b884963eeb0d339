/// Signing keys: the ring, rotation, JWKS and server metadata.
@NullMarked
package io.clientele.key;

import org.jspecify.annotations.NullMarked;
