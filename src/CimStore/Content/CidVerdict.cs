namespace CimStore.Content;

/// <summary>What comparing content with its name showed.</summary>
public enum CidVerdict
{
    /// <summary>The content is what the name says.</summary>
    Match,

    /// <summary>The content is not what the name says.</summary>
    Mismatch,

    /// <summary>The hash function is not computed here, or the digest is too short to prove anything.</summary>
    NotComputable,
}
