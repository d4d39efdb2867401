using CimStore.Engine;
using CimStore.Policies;
using CimStore.Translation;

namespace CimStore.Server.Foreign;

/// <summary>The rule file of a node, read once and as a whole.</summary>
public static class TranslationFile
{
    /// <exception cref="IOException">It cannot be read.</exception>
    public static RuleReading Read(string path)
    {
        ArgumentNullException.ThrowIfNull(path);

        // A byte more than may be there tells a file that is too large from one that just fits.
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var size = file.CanSeek ? Math.Min(file.Length, RuleReader.SizeMaxBytes) : RuleReader.SizeMaxBytes;
        var bytes = new byte[size + 1];
        return RuleReader.Read(bytes.AsSpan(0, file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)));
    }

    /// <returns>The rules, with their warnings; null when no file is named.</returns>
    /// <exception cref="RefusedException">It cannot be read, or has errors; the message names them all.</exception>
    public static RuleReading? Load(string? path)
    {
        if (path is null)
        {
            return null;
        }

        try
        {
            var reading = Read(path);
            return reading.Rules is not null
                ? reading
                : throw new RefusedException(new Refusal("translation", string.Join(
                    Environment.NewLine,
                    reading.Findings.Where(finding => finding.Severity == PolicySeverity.Error)
                        .Select(finding => $"{path}:{finding}"))));
        }
        catch (Exception broken) when (broken is IOException or UnauthorizedAccessException)
        {
            throw new RefusedException(new Refusal(
                "translation", $"The translation rules {path} cannot be read: {broken.Message}"));
        }
    }
}
