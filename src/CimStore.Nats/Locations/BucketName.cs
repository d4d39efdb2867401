namespace CimStore.Nats.Locations;

/// <summary>Names that a bucket may have: they become tokens of subjects and names of files.</summary>
internal static class BucketName
{
    private const int LengthMax = 200;

    public static string Check(string name) =>
        name is { Length: > 0 and <= LengthMax }
        && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_')
            ? name
            : throw new ArgumentException(
                $"'{name}' is no name for a bucket: letters, digits, '-' and '_', at most {LengthMax}.");
}
