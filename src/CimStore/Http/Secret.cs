namespace CimStore.Http;

/// <summary>
/// A secret that cannot be printed by accident. It comes by reference: an environment variable or a file.
/// </summary>
public sealed class Secret
{
    public const int LengthMax = 4096;

    private readonly string _value;

    private Secret(string value) => _value = value;

    /// <summary><c>env:NAME</c> or <c>file:PATH</c> (the first line of it).</summary>
    /// <exception cref="ArgumentException">The reference has another form, or what it names is absent or
    /// empty.</exception>
    public static Secret FromReference(string reference)
    {
        ArgumentException.ThrowIfNullOrEmpty(reference);
        var value = reference switch
        {
            _ when reference.StartsWith("env:", StringComparison.Ordinal) =>
                Environment.GetEnvironmentVariable(reference[4..]),
            _ when reference.StartsWith("file:", StringComparison.Ordinal) => ReadFirstLine(reference[5..]),
            _ => throw new ArgumentException("A secret is given as env:NAME or file:PATH, never itself."),
        };
        return string.IsNullOrWhiteSpace(value)
            ? throw new ArgumentException($"The secret {reference} is absent or empty.")
            : FromValue(value.Trim());
    }

    /// <summary>For callers that already hold it, such as a key vault's client.</summary>
    public static Secret FromValue(string value)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(value);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(value.Length, LengthMax, nameof(value));
        return new Secret(value);
    }

    /// <summary>The secret itself, for the one line that needs it.</summary>
    public string Reveal() => _value;

    public override string ToString() => "***";

    private static string? ReadFirstLine(string path)
    {
        try
        {
            using var reader = new StreamReader(path);
            return reader.ReadLine();
        }
        catch (IOException failure)
        {
            throw new ArgumentException($"The secret's file {path} cannot be read: {failure.Message}", failure);
        }
    }
}
