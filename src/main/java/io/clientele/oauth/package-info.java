/// Words of the OAuth 2.0 protocol: error codes and the refusal that carries one.
@NullMarked
package io.clientele.oauth;

import org.jspecify.annotations.NullMarked;
