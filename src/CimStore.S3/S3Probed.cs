namespace CimStore.S3;

/// <summary>What was found out about a server and its bucket.</summary>
/// <param name="Refusal">Why it must not be used; null when it may.</param>
internal sealed record S3Probed(S3Abilities Abilities, bool IsVersioned, string? Refusal)
{
    public bool Can(S3Abilities ability) => (Abilities & ability) == ability;

    /// <summary>What is weaker than the profile promises.</summary>
    public IEnumerable<string> Weaknesses(S3Options options)
    {
        var missing = options.Profile.Promises & ~Abilities;
        if (missing.HasFlag(S3Abilities.RefusesWrongMd5))
        {
            yield return $"The server of {options.Id} takes bytes that are not those of their Content-MD5: a server of "
                + $"the profile {options.Profile} refuses them.";
        }

        if (missing.HasFlag(S3Abilities.HonoursIfNoneMatch))
        {
            yield return $"The server of {options.Id} does not honour If-None-Match: a server of the profile "
                + $"{options.Profile} does.";
        }

        if (missing.HasFlag(S3Abilities.ListsUploads))
        {
            yield return $"The server of {options.Id} does not tell of unfinished uploads: what a crash leaves of them "
                + "takes room until a rule of the bucket's lifecycle removes it.";
        }

        if ((Abilities & (S3Abilities.RefusesWrongMd5 | S3Abilities.TagsByMd5)) == 0)
        {
            yield return $"Nothing that the server of {options.Id} says shows whether bytes arrived as they were sent: "
                + "only reading them back does.";
        }
    }
}
