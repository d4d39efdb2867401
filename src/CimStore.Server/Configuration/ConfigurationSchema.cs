namespace CimStore.Server.Configuration;

/// <summary>The published JSON Schema of the file (docs/schemas/cimstore.schema.json), as this build has it.</summary>
public static class ConfigurationSchema
{
    private const string Resource = "cimstore.schema.json";

    public static string Text()
    {
        using var stream = typeof(ConfigurationSchema).Assembly.GetManifestResourceStream(Resource)!;
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
