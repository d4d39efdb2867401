using CimStore.Http;

namespace CimStore.S3;

/// <summary>Who asks. Each is a <see cref="Secret"/>, so that none is printed by accident.</summary>
public sealed record S3Credentials(Secret AccessKey, Secret SecretKey, Secret? SessionToken = null)
{
    /// <summary>Each by reference, as <c>env:NAME</c> or <c>file:PATH</c>.</summary>
    /// <exception cref="ArgumentException">What is named is absent or empty.</exception>
    public static S3Credentials FromReferences(string accessKey, string secretKey, string? sessionToken = null) => new(
        Secret.FromReference(accessKey), Secret.FromReference(secretKey),
        sessionToken is null ? null : Secret.FromReference(sessionToken));

    /// <summary>
    /// From a file of lines <c>name = value</c> with <c>aws_access_key_id</c>, <c>aws_secret_access_key</c> and, where
    /// there is one, <c>aws_session_token</c>; lines of a section's head and comments are passed over.
    /// </summary>
    /// <exception cref="ArgumentException">It cannot be read, or lacks one of them.</exception>
    public static S3Credentials FromFile(string path)
    {
        var values = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var line in ReadLines(path))
        {
            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals > 0 && !line.StartsWith('#'))
            {
                values.TryAdd(line[..equals].Trim(), line[(equals + 1)..].Trim());
            }
        }

        return new S3Credentials(
            Require("aws_access_key_id"), Require("aws_secret_access_key"),
            values.TryGetValue("aws_session_token", out var token) ? Secret.FromValue(token) : null);

        Secret Require(string name) => values.TryGetValue(name, out var value) && value.Length > 0
            ? Secret.FromValue(value)
            : throw new ArgumentException($"The credentials file {path} has no {name}.");
    }

    private static string[] ReadLines(string path)
    {
        try
        {
            return File.ReadAllLines(path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ArgumentException($"The credentials file {path} cannot be read: {failure.Message}", failure);
        }
    }
}
