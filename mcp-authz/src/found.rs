//! What the compiler finds out about a type by itself: of several implementations it takes the one for the
//! most references that fits.

/// `Trait::method: [generics] asked => found = value;`, the most references first.
macro_rules! find {
    ($trait:ident::$method:ident: $([$($generics:tt)*] $asked:ty => $found:ty = $value:expr;)+) => {$(
        impl<$($generics)*> $trait for $asked {
            type Found = $found;

            fn $method(self) -> Self::Found {
                $value
            }
        }
    )+};
}

pub(crate) use find;
