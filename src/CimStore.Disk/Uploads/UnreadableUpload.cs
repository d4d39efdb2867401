namespace CimStore.Disk.Uploads;

/// <summary>A file among the uploads that is none that can be read; it stays where it is.</summary>
/// <param name="Cause">Why it cannot be read: <c>it has ...</c>.</param>
public sealed record UnreadableUpload(string Id, string Path, string Cause)
{
    /// <summary>What is wrong and what to do, for people.</summary>
    public string Detail =>
        $"The upload {Id} cannot be read: {Cause}. Its file {Path} is kept. Begin the upload again; "
        + $"DELETE /api/v1/uploads/{Id}, or removing the file, ends this report.";
}
