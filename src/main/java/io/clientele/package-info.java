/// Clientele: an OAuth 2.0 authorization server for machines. `Main` does one thing and exits,
/// `Settings` holds every setting, `Server` makes every object, `Routes` names every URL with the
/// right it demands.
@NullMarked
package io.clientele;

import org.jspecify.annotations.NullMarked;
