/// Tokens: issuing, verifying, introspecting, revoking.
@NullMarked
package io.clientele.token;

import org.jspecify.annotations.NullMarked;
